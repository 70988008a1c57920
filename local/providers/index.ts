export { type SimulatedProviders, type SimulatedProvidersOptions, startSimulatedProviders } from './server.ts';
