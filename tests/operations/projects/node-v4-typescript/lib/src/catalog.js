const functions_1 = require("@azure/functions");
functions_1.app.get('Compiled', () => ({}));
