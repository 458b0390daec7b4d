import { GraphQLSchema, isInputObjectType } from 'graphql';
import { Arg, Field, InputType, Query, Resolver } from 'type-graphql';
import { describe, expect, test } from 'vitest';
import { Public } from '../../src/graphql/auth.ts';
import { OneOf } from '../../src/graphql/one-of.ts';
import { buildAppSchema, schemaText } from '../../src/graphql/schema.ts';
import { sampleSchema } from './sample-schema.ts';

describe('building a schema', () => {
  test('marks inputs of which exactly one field is given, also in the text', () => {
    const { schema } = sampleSchema();
    const choice = schema.getType('Choice');
    expect(isInputObjectType(choice) && choice.isOneOf).toBe(true);
    expect(schemaText(schema)).toContain('input Choice @oneOf {');
  });

  test('refuses such an input when one of its fields is needed', () => {
    @OneOf()
    @InputType()
    class Both {
      @Field(() => String)
      needed: string;
    }
    @Resolver()
    class BothResolver {
      @Public()
      @Query(() => String)
      both(@Arg('both', () => Both) both: Both): string {
        return both.needed;
      }
    }
    expect(() => buildAppSchema([BothResolver], new Map())).toThrow(
      'every field of the @oneOf input Both is nullable',
    );
  });

  test('describes the root types, and is the same text each time', () => {
    const text = schemaText(sampleSchema().schema);
    expect(text).toContain('"""What can be read."""\ntype Query {');
    expect(text).toContain('"""What can be followed, over the websocket."""\ntype Subscription {');
    expect(schemaText(sampleSchema().schema)).toBe(text);
    expect(sampleSchema().schema).toBeInstanceOf(GraphQLSchema);
  });
});
