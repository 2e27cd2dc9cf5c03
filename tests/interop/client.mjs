// Speaks all four kinds of call to a CleanRoom server over mutual TLS, with a gRPC implementation that is not ours.
// usage: node client.mjs '{"address":"127.0.0.1:1234","server":FILE,"client":FILE,"protos":[DIR,...]}'; prints one JSON object.
import fs from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const settings = JSON.parse(process.argv[2]);
const definitions = loader.loadSync(
  ['cleanroom/testing/v1/echo.proto', 'grpc/health/v1/health.proto', 'grpc/reflection/v1/reflection.proto'],
  { includeDirs: settings.protos, keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true });
const api = grpc.loadPackageDefinition(definitions);
const server = fs.readFileSync(settings.server);
const client = fs.readFileSync(settings.client);
const options = { 'grpc.ssl_target_name_override': 'localhost' };
const mutual = grpc.credentials.createSsl(server, client, client);
const connect = (Service, credentials = mutual) => new Service(settings.address, credentials, options);
const deadline = (ms = 20000) => ({ deadline: Date.now() + ms });

const unary = (stub, method, request, ms) => new Promise((resolve) => {
  stub[method](request, new grpc.Metadata(), deadline(ms), (error, response) => resolve(error
    ? { code: error.code, details: error.details, trailer: error.metadata.get('cleanroom-error-bin').map((b) => b.toString('base64'))[0] ?? null }
    : response));
});

const collect = (call) => new Promise((resolve, reject) => {
  const messages = [];
  call.on('data', (message) => messages.push(message));
  call.on('error', reject);
  call.on('end', () => resolve(messages));
});

const echo = connect(api.cleanroom.testing.v1.EchoService);
const health = connect(api.grpc.health.v1.Health);
const reflection = connect(api.grpc.reflection.v1.ServerReflection);

const result = {};
result.unary = await unary(echo, 'Say', { text: 'ናታሊ' });
result.refused = await unary(echo, 'Say', { behaviour: 'BEHAVIOUR_REFUSE' });
result.failed = await unary(echo, 'Say', { text: 'canary', behaviour: 'BEHAVIOUR_THROW' });
result.late = await unary(echo, 'Say', { behaviour: 'BEHAVIOUR_WAIT' }, 500);

result.clientStreaming = await new Promise((resolve, reject) => {
  const call = echo.Sum(new grpc.Metadata(), deadline(), (error, response) => (error ? reject(error) : resolve(response)));
  for (let i = 1; i <= 1000; i += 1) call.write({ number: i });
  call.end();
});

result.serverStreaming = (await collect(echo.Count({ number: 1000 }, new grpc.Metadata(), deadline()))).map((m) => m.number);

const chat = echo.Chat(new grpc.Metadata(), deadline());
const answers = collect(chat);
for (const text of ['one', 'two', 'three']) chat.write({ text });
chat.end();
result.duplex = (await answers).map((m) => m.text);

result.health = (await unary(health, 'Check', { service: '' })).status;
result.watch = await new Promise((resolve, reject) => {
  const call = health.Watch({ service: 'cleanroom.testing.v1.EchoService' }, new grpc.Metadata(), deadline());
  call.on('data', (message) => { resolve(message.status); call.cancel(); });
  call.on('error', (error) => { if (error.code !== grpc.status.CANCELLED) reject(error); });
});

const info = reflection.ServerReflectionInfo(new grpc.Metadata(), deadline());
const described = collect(info);
info.write({ list_services: '*' });
info.write({ file_containing_symbol: 'cleanroom.testing.v1.EchoService' });
info.end();
const [list, file] = await described;
result.services = list.list_services_response.service.map((s) => s.name);
result.described = file.file_descriptor_response.file_descriptor_proto.length;

const anonymous = connect(api.cleanroom.testing.v1.EchoService, grpc.credentials.createSsl(server));
result.anonymous = (await unary(anonymous, 'Say', { text: 'x' }, 3000)).code;

for (const stub of [echo, health, reflection, anonymous]) stub.close();
console.log(JSON.stringify(result));
