const prefix = 'reports';
module.exports = { REPORTS: prefix, files: { all: 'files/{*path}' } };
