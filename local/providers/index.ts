export { type SimulatedProviders, startSimulatedProviders } from './server.ts';
