import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENV, readEnvironment } from '../../functions/env.ts';
import { functionOf, synthesize } from './synthesize.ts';

const template = synthesize();

function environmentOf(candidate: Template): Readonly<Record<string, unknown>> {
  const { Environment } = functionOf(candidate, 'Gateway').Properties;
  return (Environment as { readonly Variables: Readonly<Record<string, unknown>> }).Variables;
}

describe('the gateway function', () => {
  it('runs on arm64 with Node 24, for as long as Lambda lets an answer take', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 900,
      Description: 'Tollgate: the inference gateway.',
      MemorySize: 512,
    });
  });

  it('is told exactly what the code reads, and the code can start with it', () => {
    const variables = environmentOf(template);
    const { priceCatalogue: _, originSecret: __, ...own } = ENV;
    expect(Object.keys(variables).sort()).toEqual([...Object.values(own), 'NODE_OPTIONS'].sort());
    const text = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, JSON.stringify(value)]));
    expect(() => readEnvironment(text)).not.toThrow();
    expect(variables).toMatchObject({
      [ENV.table]: { Ref: expect.stringMatching(/^DataTable/) },
      [ENV.requestStream]: { Ref: expect.stringMatching(/^RequestsStream/) },
      [ENV.contentStream]: { Ref: expect.stringMatching(/^ContentsStream/) },
      [ENV.feedbackStream]: { Ref: expect.stringMatching(/^FeedbackStream/) },
      [ENV.secretPrefix]: 'tollgate',
      [ENV.metricsNamespace]: 'Tollgate',
      [ENV.configFile]: 'gateway.json',
    });
  });

  it("reads its own stage's secrets", () => {
    expect(environmentOf(synthesize({ stage: 'dev' }))[ENV.secretPrefix]).toBe('tollgate-dev');
  });

  it('writes to a log group of its own, which forgets', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('^GatewayLogs') } },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    synthesize({ logRetentionDays: 7 }).allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  it('can be given more memory, and a limit to what it may cost', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.absent() });
    synthesize({ memorySize: 1024, reservedConcurrency: 50 }).hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 1024,
      ReservedConcurrentExecutions: 50,
    });
  });
});

describe('the function URL', () => {
  it('streams, and leaves telling callers apart to our keys', () => {
    template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' });
    // Headers for browsers come from one place only, or they come twice.
    template.hasResourceProperties('AWS::Lambda::Url', { Cors: Match.absent() });
  });

  it('has both permissions that new URLs need: with one of them every request is a 403', () => {
    template.resourcePropertiesCountIs('AWS::Lambda::Permission', { Principal: '*' }, 2);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunctionUrl',
      Principal: '*',
      FunctionUrlAuthType: 'NONE',
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      Principal: '*',
      InvokedViaFunctionUrl: true,
    });
  });
});
