package com.contoso;

public final class Routes {
    public static final String ORDERS = "orders", ORDER = ORDERS + "/{id:int:min(1)}";

    interface Files {
        String NOT_FINAL = "nowhere";
        static final String ALL = "files/{*path}";
    }
}
