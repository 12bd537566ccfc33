import { app } from '@azure/functions';
import { REPORTS as reports, Paths } from '../routes';
import { list } from './orders';

const read = ['GET'] as const;

app.http('Catalog', { methods: read as any, route: 'catalog/{category:alpha}/{page:int=1}', handler: list });
app.get('Files', { route: Paths.Files, handler: list });
app.get('Product', { route: 'products/{code:regex(^[A-Z]{{2}}-\\d{{4}}$)}', handler: list });
app.get('Report', { route: `${reports}/{name}.{format?}`, handler: list });
app.get('Ping', list);
app.get('Retired', async (request) => ({ status: 410 }));
app.timer('Nightly', { schedule: '0 0 3 * * *', handler: () => undefined });
