using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Http;

namespace Contoso.Shop;

/// <summary>Orders; see <c>[Function("InAComment")]</c>.</summary>
public class OrderFunctions(ILogger<OrderFunctions> logger)
{
    private const string Get = "get";

    [Function(nameof(ListOrders))]
    public HttpResponseData ListOrders(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Orders)] HttpRequestData request)
    {
        var text = "[Function(\"InAString\")]";
        var verbatim = @"C:\[HttpTrigger(""x"")]";
        var character = '"';
        var raw = """
            [Function("InARawString")]
            """;
        return request.CreateResponse();
    }

    [Function("CreateOrder")]
    [OpenApiOperation(operationId: "create", tags: new[] { "orders" })]
    public async Task<CreateOrderResponse> Create(
        [HttpTrigger(AuthorizationLevel.Function, "POST", Route = "orders")] HttpRequestData request,
        FunctionContext context) => await SaveAsync(request, new List<int>[3] is [var first, ..] ? first : null);

    [Function("Order")]
    public HttpResponseData One(
        [HttpTrigger(AuthorizationLevel.Anonymous, Get, "put", "delete", Route = Routes.Order)] HttpRequestData request,
        int id) => request.CreateResponse();

    [Function("Purge"), Authorize(Policy = "admin")]
    public void Purge([HttpTrigger(AuthorizationLevel.Admin, "delete", Route = "orders")] HttpRequestData request) { }

    [Function("Items")]
    public void Items([Microsoft.Azure.Functions.Worker.HttpTriggerAttribute(AuthorizationLevel.Anonymous, new[] { "get" },
        Route = "orders/{orderId:int}/items/{itemId:guid?}")] HttpRequestData request, int orderId, Guid? itemId) { }

    [Function("Catalog")]
    public void Catalog([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "catalog/{category:alpha}/{page:int=1}")] HttpRequestData request) { }

    [Function("Files")]
    public void Files([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "files/{*path}")] HttpRequestData request) { }

    [Function("Product")]
    public void Product([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = @"products/{code:regex(^[A-Z]{{2}}-\d{{4}}$)}")] HttpRequestData request) { }

    [Function("Report")]
    public void Report([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Reports)] HttpRequestData request) { }

    [Function("Ping")]
    public string Ping([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = null)] HttpRequestData request) => "pong";

    [Function("Retired")]
    [Disable]
    public void Retired([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequestData request) { }

    [Function("Nightly")]
    public void Nightly([TimerTrigger("0 0 3 * * *")] TimerInfo timer) { }
}
