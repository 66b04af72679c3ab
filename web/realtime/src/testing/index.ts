// For the tests of whoever builds on this package: a clock and a network that
// stand still, and a server in memory that keeps the contract.

export { FakeEnv, FakeStream, type Handler, type Reply } from './fake-env';
export { FakeServer, group } from './fake-server';
