namespace Contoso.Shop;

public static class Routes
{
    public const string Orders = "orders";
    public const string Order = Orders + "/{id:int:min(1)}";
    internal const string Reports = $"{Prefix.Reports}/{{name}}.{{format?}}";

    private static class Prefix { public const string Reports = "reports"; }
}
