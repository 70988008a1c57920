/**
 * DynamoDB's emulator in a process of its own, where a test makes so many calls that its one thread would hold up the
 * test's own. Prints its URL. Usage: dynamodb-process.ts FOLDER TABLE
 */
import { startDynamoDb } from '../../local/dynamodb.ts';

const [dir = '', table = ''] = process.argv.slice(2);
const { url } = await startDynamoDb({ port: 0, dir, table });
console.log(url);
