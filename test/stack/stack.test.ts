import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import { OUTPUTS } from '../../lib/outputs.ts';
import { createStack, findViolations, type Resource, synthesize } from './synthesize.ts';

const MASKED: { readonly [property: string]: string } = {
  ConfigVersion: 'lib/bundled-config.ts',
  QueryString: 'queries/*.sql',
  Columns: 'functions/records',
  DashboardBody: 'lib/gateway-dashboard.ts',
};

describe('the stack', () => {
  it('passes every check: what a rule says against it is acknowledged with a reason', () => {
    expect(findViolations(createStack().app)).toEqual([]);
  });

  it('is checked: what nobody acknowledged stops the synth', () => {
    const { app, stack } = createStack();
    const role = stack.node.findChild('Gateway').node.findChild('Role');
    if (!(role instanceof Role)) throw new Error('The gateway has no role.');
    role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:*'], resources: ['*'] }));
    expect(() => app.synth()).toThrow(/AwsSolutions-IAM5\[Resource::\*\]/);
  });

  it('is the same each time', () => {
    expect(synthesize().toJSON()).toEqual(synthesize().toJSON());
  });

  /**
   * For the eyes of whoever reviews a change: everything that it does to a default deployment. `vitest -u` accepts it. Left
   * out is what changes with the code and is held by other tests.
   */
  it('is this template', async () => {
    const masked = JSON.stringify(
      synthesize().toJSON(),
      (name, value: unknown) => {
        if (name in MASKED) return MASKED[name];
        return typeof value === 'string' ? value.replace(/\b[0-9a-f]{64}\b/g, 'ASSET') : value;
      },
      2,
    );
    await expect(`${masked}\n`).toMatchFileSnapshot('snapshots/template.snapshot');
  });

  it('is one stack that goes to whatever account and region the credentials are of', () => {
    const { app, stack } = createStack();
    expect(app.synth().stacks.map(({ stackName }) => stackName)).toEqual(['Tollgate']);
    expect(Stack.of(stack).environment).toBe('aws://unknown-account/unknown-region');
  });

  it('says where everything is', () => {
    const outputs = synthesize().toJSON().Outputs as Readonly<Record<string, unknown>>;
    expect(Object.keys(outputs).sort()).toEqual(Object.values(OUTPUTS).sort());
  });

  it('can stand beside another one: of the names that must be unique none is shared between stages', () => {
    const names = (stage?: string) => {
      const resources: Readonly<Record<string, Resource>> = synthesize(stage === undefined ? {} : { stage }).toJSON()
        .Resources;
      return Object.values(resources).flatMap(({ Type, Properties }) => {
        const database = (Properties.DatabaseInput as { readonly Name: string } | undefined)?.Name;
        // A saved query and a table belong to their workgroup and database.
        const name = Type === 'AWS::Athena::NamedQuery' ? undefined : (Properties.Name ?? database);
        return name === undefined ? [] : [`${Type} ${name}`];
      });
    };
    const [first, second] = [names(), names('dev')];
    expect(first).toHaveLength(4);
    expect(second).toHaveLength(4);
    expect(first.filter((name) => second.includes(name))).toEqual([]);
  });

  it('tags what it makes', () => {
    const { app } = createStack({ tags: 'team=platform,cost-centre=42' });
    expect(app.synth().getStackByName('Tollgate').tags).toEqual({
      application: 'tollgate',
      team: 'platform',
      'cost-centre': '42',
    });
  });
});
