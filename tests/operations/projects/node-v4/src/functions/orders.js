#!/usr/bin/env node
const { app } = require("@azure/functions");
const { REPORTS, files: FILES } = require("../routes");
const routes = require('../routes.js');

const slashes = /[/'"`]/g; // a regular expression with every quote
const half = 10 / 2;
const anonymous = { authLevel: 'anonymous' };

app.setup({ enableHttpStream: true });

// app.http('Commented', { route: 'commented/out', handler });
/* app.http('Commented', { route: 'commented/out' }) */
app.get('ListOrders', { route: 'orders', handler: async (request, context) => ({ body: `app.http('x')` }) });

app.http('CreateOrder', {
  methods: ['POST'],
  authLevel: 'function',
  route: 'orders',
  handler: async function (request) {
    const { id } = await request.json();
    return { status: 201, body: `${id ? `order ${id}` : "}"}`.replace(slashes, '') };
  },
});
app.http("Order", { methods: ["GET", "PUT", "DELETE"], ...anonymous, route: "orders/{id:int:min(1)}", handler });
app.deleteRequest('Purge', { route: 'orders', authLevel: 'admin', async handler(request) { return {}; } })
app.generic('Items', {
  trigger: { type: 'httpTrigger', name: 'req', methods: ['GET'], authLevel: 'anonymous',
             route: 'orders/{orderId:int}/items/' + '{itemId:guid?}' },
  handler,
})
app.http('Catalog', { methods: ['GET'], route: 'catalog/{category:alpha}/{page:int=1}', handler });
app.get('Files', { route: FILES.all, handler: h });
app.http('Product', { 'methods': ['GET'], 'route': 'products/{code:regex(^[A-Z]{{2}}-\\d{{4}}$)}', handler });
app.get('Report', { route: `${routes.REPORTS}/{name}.{format?}`, handler });
app.get('Ping', (request, context) => ({ body: 'pong' }));
app.get('Retired', { handler });
app.timer('Nightly', { schedule: '0 0 3 * * *', handler });

async function handler(request) { return { body: half }; }
