import azure.functions as func
from helpers import routes

blueprint = func.Blueprint()


@blueprint.route(route="catalog/{category:alpha}/{page:int=1}", methods=routes.READ)
def Catalog(req):
    return func.HttpResponse()


@blueprint.route(route=r"products/{code:regex(^[A-Z]{{2}}-\d{{4}}$)}", methods=["GET"])
def Product(req):
    return func.HttpResponse()
