// A real OpenID provider on a free loopback port, for the sign-in tests and for trying the guides.
// It prints `issuer: <url>` and ends with its standard input. Whoever signs in names an address; any password will do.
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';
import { Provider } from 'oidc-provider';

const home = process.argv[2] ?? 'http://127.0.0.1:8000';
const port = Number(process.argv[3] ?? 0);
const subject = (login) => createHash('sha256').update(login).digest('hex').slice(0, 21);

const server = createServer();
server.listen(port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: ['google', 'acme'].map((slug) => ({
      client_id: `crew-${slug}`,
      client_secret: 'a secret of the provider, with / and + in it',
      redirect_uris: [`${home}/auth/${slug}/callback`],
    })),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    pkce: { required: () => true },
    // `devInteractions`, on by default, asks for a login and a consent in plain forms.
    async findAccount(_, id) {
      const login = id;
      const email_verified = !login.startsWith('unverified');
      return {
        accountId: id,
        claims: async () => ({
          sub: subject(login),
          email: login,
          email_verified,
          name: `Person ${login.split('@')[0]}`,
          picture: 'https://pictures.example/me.png',
        }),
      };
    },
  });
  // Koa says on its console what the tests need not hear.
  provider.silent = true;
  server.on('request', provider.callback());
  console.log(`issuer: ${issuer}`);
});
process.stdin.on('end', () => process.exit(0)).resume();
