import { app } from '@azure/functions';
app.get('OnlyInTests', { route: 'only/in/tests', handler: jest.fn() });
