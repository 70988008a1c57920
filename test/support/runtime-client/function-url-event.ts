/** A POST as a Lambda function URL passes it on: payload format 2.0. */
export function functionUrlEvent(method: string, path: string, key: string, body: object): object {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', host: 'id.lambda-url.aws' },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'id',
      domainName: 'id.lambda-url.aws',
      domainPrefix: 'id',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: '11111111-2222-3333-4444-555555555555',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_435_200_000,
    },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
