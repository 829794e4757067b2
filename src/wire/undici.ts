// The one door to undici: what keywheel uses of it.
export { Agent, buildConnector, EnvHttpProxyAgent, type Dispatcher } from 'undici';
