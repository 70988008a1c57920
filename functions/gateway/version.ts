import manifest from '../../package.json' with { type: 'json' };

/** Of Tollgate, as rows carry it. */
export const GATEWAY_VERSION: string = manifest.version;
