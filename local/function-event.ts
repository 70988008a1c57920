/** An HTTP request as the event of a Lambda function URL: payload format 2.0. */
import type { IncomingMessage } from 'node:http';

export interface FunctionUrlEvent {
  readonly version: '2.0';
  readonly routeKey: '$default';
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: { readonly [name: string]: string };
  readonly queryStringParameters?: { readonly [name: string]: string };
  readonly requestContext: {
    readonly accountId: 'anonymous';
    readonly apiId: string;
    readonly domainName: string;
    readonly domainPrefix: string;
    readonly http: {
      readonly method: string;
      readonly path: string;
      readonly protocol: string;
      readonly sourceIp: string;
      readonly userAgent: string;
    };
    readonly requestId: string;
    readonly routeKey: '$default';
    readonly stage: '$default';
    readonly time: string;
    readonly timeEpoch: number;
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

export interface EventSource {
  readonly requestId: string;
  readonly nowMs: number;
  readonly body: Buffer;
}

/** Everything else comes in base64, a form of `curl -d` among it. */
const TEXT_TYPE = /^(text\/|application\/(json|javascript|xml)\b|[^;]+\+(json|xml)\b)/i;

export function createFunctionUrlEvent(request: IncomingMessage, source: EventSource): FunctionUrlEvent {
  const target = request.url ?? '/';
  const question = target.indexOf('?');
  const rawPath = question === -1 ? target : target.slice(0, question);
  const rawQueryString = question === -1 ? '' : target.slice(question + 1);
  const host = request.headers.host ?? 'localhost';
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const cookies = request.headers.cookie?.split(/;\s*/).filter((cookie) => cookie !== '') ?? [];
  const text = TEXT_TYPE.test(request.headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers: { ...joinHeaders(request), 'x-forwarded-for': sourceIp, 'x-forwarded-proto': 'http' },
    ...(rawQueryString !== '' && { queryStringParameters: joinParameters(rawQueryString) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: source.requestId,
      routeKey: '$default',
      stage: '$default',
      time: formatTime(source.nowMs),
      timeEpoch: source.nowMs,
    },
    ...(source.body.length > 0 && { body: source.body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: source.body.length > 0 && !text,
  };
}

function joinHeaders(request: IncomingMessage): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined) headers[name] = values.join(name === 'cookie' ? '; ' : ',');
  }
  return headers;
}

function joinParameters(query: string): { [name: string]: string } {
  const parameters: { [name: string]: string } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  }
  return parameters;
}

/** `23/Nov/2026:11:32:00 +0000` */
function formatTime(nowMs: number): string {
  const [, day, month, year, time] = new Date(nowMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
