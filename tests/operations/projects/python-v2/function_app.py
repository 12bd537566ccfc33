"""Orders in the v2 model: an app, two blueprints and a package of constants."""

import azure.functions as func
from helpers import levels, routes
from helpers.routes import FILES as FILE_ROUTE
from shop.catalog import blueprint as catalog
from shop.orders import bp

GET = "GET"
app = func.FunctionApp(http_auth_level=levels.DEFAULT)
app.register_functions(bp)
app.register_blueprint(blueprint=catalog)


@app.route(methods=[func.HttpMethod.GET])
def Ping(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("pong")


@app.function_name("Files")
@app.route(route=FILE_ROUTE, methods=(GET,))
async def read_file(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params["path"])


@app.route(route=f"{routes.REPORTS}/{{name}}.{{format?}}", methods=["get"])
def Report(req: func.HttpRequest) -> func.HttpResponse:
    # @app.route(route="commented/out")
    return func.HttpResponse("""@app.route(route="in/a/string")""")


@app.route("retired", methods=["GET"])
def Retired(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("gone")


@app.timer_trigger(schedule="0 0 3 * * *", arg_name="timer")
def Nightly(timer: func.TimerRequest) -> None:
    pass
