// A client that is strict about every answer (oauth4webapi). `begin` prints where to send the browser; `finish` takes where it came
// back, and prints how each step went. Both read what they are given as JSON.
import { webcrypto } from "node:crypto";
import * as oauth from "oauth4webapi";

globalThis.crypto ??= webcrypto;
const given = JSON.parse(process.argv[3]);
const http = { [oauth.allowInsecureRequests]: true }; // the test's server speaks http
const issuer = new URL(given.server);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...http }));
const client = { client_id: given.client_id };
const proof = { "": oauth.None, basic: oauth.ClientSecretBasic, post: oauth.ClientSecretPost }[given.how](given.secret);

async function begin() {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const asked = new URL(server.authorization_endpoint);
  const more = { code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" };
  const { client_id, redirect_uri, scope } = given;
  for (const [name, text] of Object.entries({ response_type: "code", client_id, redirect_uri, scope, state, ...more })) asked.searchParams.set(name, text);
  return { address: asked.href, verifier, state };
}

const read = async (token) => (await oauth.protectedResourceRequest(token, "GET", new URL(given.resource), undefined, undefined, http)).status;
const refused = (error) => ({ error: error.error ?? error.code ?? error.message, status: error.status ?? error.response?.status });

async function refreshed(token) {
  return oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(server, client, proof, token, http));
}

async function changed(parameters, verifier) {
  const answer = await oauth.authorizationCodeGrantRequest(server, client, proof, parameters, given.redirect_uri, verifier, http);
  return oauth.processAuthorizationCodeResponse(server, client, answer);
}

async function finish() {
  const told = {};
  const back = new URL(given.back);
  told.other_state = await Promise.resolve().then(() => oauth.validateAuthResponse(server, client, back, "another")).catch(refused);
  const parameters = oauth.validateAuthResponse(server, client, back, given.state);
  told.iss = parameters.get("iss");
  const first = await changed(parameters, given.verifier);
  told.first = { type: first.token_type, expires_in: first.expires_in, scope: first.scope ?? given.scope };
  told.read = await read(first.access_token);
  const second = await refreshed(first.refresh_token);
  told.is_rotated = second.refresh_token !== undefined && second.refresh_token !== first.refresh_token;
  told.read_again = await read(second.access_token);
  if (given.secret) {
    const answer = await oauth.introspectionRequest(server, client, proof, second.access_token, http);
    told.is_active = (await oauth.processIntrospectionResponse(server, client, answer)).active;
  }
  const last = second.refresh_token ?? first.refresh_token;
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, last, http));
  told.read_revoked = await read(second.access_token).catch((error) => error.status);
  told.refresh_revoked = await refreshed(last).catch(refused);
  told.code_again = await changed(parameters, given.verifier).catch(refused);
  return told;
}

console.log(JSON.stringify(await { begin, finish }[process.argv[2]]()));
