export const REPORTS: string = 'reports';
export const Routes = {
  orders: 'orders',
  order: 'orders/{id:int:min(1)}',
} as const;
export enum Paths {
  Files = 'files/{*path}',
}
