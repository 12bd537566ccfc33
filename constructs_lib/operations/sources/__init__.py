"""Reading of operations from the files of an Azure Functions project."""
