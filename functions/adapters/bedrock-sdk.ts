/** What is used of the AWS SDK's client, and nothing else: a bundle that takes in a whole package late cannot drop the rest. */
export { BedrockRuntimeClient, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
