class Generated { [Function("Generated")] void Run([HttpTrigger(AuthorizationLevel.Anonymous)] object request) { } }
