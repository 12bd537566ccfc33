import azure.functions as func

DEFAULT = func.AuthLevel.ANONYMOUS
