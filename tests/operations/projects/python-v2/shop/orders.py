import azure.functions as func

bp = func.Blueprint()


@bp.route(route="orders", methods=["GET"])
def ListOrders(req):
    return func.HttpResponse()


@bp.route(route="orders", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def CreateOrder(req):
    return func.HttpResponse()


@bp.function_name(name="Order")
@bp.route(route="orders/{id:int:min(1)}", methods=["GET", "PUT", "DELETE"])
def one_order(req):
    return func.HttpResponse()


@bp.route(route="orders", methods=["DELETE"], auth_level="ADMIN")
def Purge(req):
    return func.HttpResponse()


@bp.generic_trigger(
    arg_name="req",
    type="httpTrigger",
    route="orders/{orderId:int}/items/{itemId:guid?}",
    methods=["GET"],
)
def Items(req):
    return func.HttpResponse()
