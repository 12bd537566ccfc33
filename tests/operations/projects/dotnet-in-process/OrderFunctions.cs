using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.Http;

namespace Contoso.Shop;

/// <summary>Orders; see <c>[FunctionName("InAComment")]</c>.</summary>
public static class OrderFunctions
{
    private const string Get = "get";

    [FunctionName(nameof(ListOrders))]
    public static IActionResult ListOrders(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Contoso.Shop.Routes.Orders)] HttpRequest request)
    {
        var text = "[FunctionName(\"InAString\")]";
        var verbatim = @"C:\[HttpTrigger(""x"")]";
        var character = '"';
        var raw = """
            [FunctionName("InARawString")]
            """;
        return request.CreateResponse();
    }

    [FunctionName("CreateOrder")]
    [OpenApiOperation(operationId: "create", tags: new[] { "orders" })]
    public static async Task<CreateOrderResponse> Create(
        [HttpTrigger(AuthorizationLevel.Function, "POST", Route = "orders")] HttpRequest request,
        FunctionContext context) => await SaveAsync(request, new List<int>[3] is [var first, ..] ? first : null);

    [FunctionName("Order")]
    public static IActionResult One(
        [HttpTrigger(AuthorizationLevel.Anonymous, Get, "put", "delete", Route = Contoso.Shop.Routes.Order)] HttpRequest request,
        int id) => request.CreateResponse();

    [FunctionName("Purge"), Authorize(Policy = "admin")]
    public static void Purge([HttpTrigger(AuthorizationLevel.Admin, "delete", Route = "orders")] HttpRequest request) { }

    [FunctionName("Items")]
    public static void Items([HttpTriggerAttribute(AuthorizationLevel.Anonymous, new[] { "get" },
        Route = "orders/{orderId:int}/items/{itemId:guid?}")] HttpRequest request, int orderId, Guid? itemId) { }

    [FunctionName("Catalog")]
    public static void Catalog([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "catalog/{category:alpha}/{page:int=1}")] HttpRequest request) { }

    [FunctionName("Files")]
    public static void Files([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "files/{*path}")] HttpRequest request) { }

    [FunctionName("Product")]
    public static void Product([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = @"products/{code:regex(^[A-Z]{{2}}-\d{{4}}$)}")] HttpRequest request) { }

    [FunctionName("Report")]
    public static void Report([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Contoso.Shop.Routes.Reports)] HttpRequest request) { }

    [FunctionName("Ping")]
    public static string Ping([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = null)] HttpRequest request) => "pong";

    [FunctionName("Retired")]
    [Disable]
    public static void Retired([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) { }

    [FunctionName("Nightly")]
    public static void Nightly([TimerTrigger("0 0 3 * * *")] TimerInfo timer) { }
}
