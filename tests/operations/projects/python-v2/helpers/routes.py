FILES = "files/" + "{*path}"
REPORTS: str = "reports"
READ = ["GET"]
