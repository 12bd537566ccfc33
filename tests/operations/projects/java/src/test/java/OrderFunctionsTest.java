class OrderFunctionsTest { @FunctionName("OnlyInTests") void run(@HttpTrigger(name = "req") String request) { } }
