package com.contoso;

import com.microsoft.azure.functions.*;
import com.microsoft.azure.functions.annotation.*;
import java.util.Optional;

/** Orders. Not this one: @FunctionName("InAComment"). */
public class OrderFunctions {
    private static final String REPORTS = "reports";

    @FunctionName("ListOrders")
    public HttpResponseMessage list(
            @HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS,
                         route = Routes.ORDERS)
            HttpRequestMessage<Optional<String>> request, final ExecutionContext context) {
        String text = "@FunctionName(\"InAString\")";
        String block = """
            @FunctionName("InABlock") \
            """;
        char quote = '\'', other = '"';
        return request.createResponseBuilder(HttpStatus.OK).build();
    }

    @FunctionName("CreateOrder")
    @QueueOutput(name = "$return", queueName = "orders", connection = "AzureWebJobsStorage")
    public String create(@HttpTrigger(name = "req", methods = HttpMethod.POST, route = "orders") Order order) {
        return order.toString();
    }

    @FunctionName("Order")
    public void one(
            @HttpTrigger(name = "req", methods = {HttpMethod.GET, HttpMethod.PUT, HttpMethod.DELETE},
                authLevel = AuthorizationLevel.ANONYMOUS, route = com.contoso.Routes.ORDER) HttpRequestMessage<Order> request,
            @BindingName("id") int id) { }

    @FunctionName("Purge")
    public void purge(@HttpTrigger(name = "req", methods = {HttpMethod.DELETE}, authLevel = AuthorizationLevel.ADMIN, route = "orders") String request) { }

    @FunctionName(value = "Items")
    public void items(
        @CosmosDBInput(name = "items", databaseName = "shop", containerName = "items", sqlQuery = "SELECT {orderId}") String[] items,
        @HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS, route = "orders/{orderId:int}/items/{itemId:guid?}") String request) { }

    @FunctionName("Catalog")
    public void catalog(@HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS, route = "catalog/{category:alpha}/{page:int=1}") String request) { }

    @FunctionName("Files")
    public void files(@HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS, route = Routes.Files.ALL) String request) { }

    @FunctionName("Product")
    public void product(@HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS, route = "products/{code:regex(^[A-Z]{{2}}-\\d{{4}}$)}") String request) { }

    @FunctionName("Report")
    public void report(@HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS, route = REPORTS + "/{name}.{format?}") String request) { }

    @FunctionName("Ping")
    public void ping(@HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS) String request) { }

    @FunctionName("Retired")
    public void retired(@HttpTrigger(name = "req", methods = {HttpMethod.GET}, authLevel = AuthorizationLevel.ANONYMOUS) String request) { }

    @FunctionName("Nightly")
    public void nightly(@TimerTrigger(name = "timer", schedule = "0 0 3 * * *") String timer) { }
}
