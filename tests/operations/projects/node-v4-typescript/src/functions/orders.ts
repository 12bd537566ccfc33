import { app, type HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as functions from "@azure/functions";
import { REPORTS as reports, Routes, Paths } from '../routes.js';

type Handler<T extends object = {}> = (request: HttpRequest) => Promise<HttpResponseInit & T>;

export async function list(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  return { body: `app.get('InATemplate', {}) ${request.params['id']!}` };
}

app.http('ListOrders', { methods: ['GET'], authLevel: 'anonymous', route: Routes.orders, handler: list });
app.post('CreateOrder', { route: Routes.orders, authLevel: 'function', handler: list });
functions.app.http('Order', {
  methods: ['GET', 'PUT', 'DELETE'],
  authLevel: 'anonymous',
  route: Routes.order satisfies string,
  handler: <Handler>list,
});
app.http('Purge', { methods: ['DELETE'], authLevel: 'admin', route: 'orders', handler: list });
app.generic('Items', {
  trigger: functions.trigger.http({
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'orders/{orderId:int}/items/{itemId:guid?}',
  }),
  handler: list as any,
});
