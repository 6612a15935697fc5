// A server of Java's JSSE: java JsseServer.java socket|engine PORT CERTIFICATES NAME. It shows the certificate `named` to who asks for NAME, `other` to
// everybody else; both are in the PKCS #12 files named.p12 and other.p12 of the folder CERTIFICATES. `socket`: SSLSocket. `engine`: SSLEngine, by HttpsServer.
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;
import javax.net.ssl.X509ExtendedKeyManager;

public class JsseServer {
  private static final char[] PASSWORD = "password".toCharArray();
  private static final int BACKLOG = 200;

  public static void main(String[] words) throws Exception {
    InetSocketAddress place = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(words[1]));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {new ByName(words[2], words[3])}, null, null);
    ExecutorService threads = Executors.newCachedThreadPool();
    if (words[0].equals("engine")) engine(place, context, threads);
    else socket(place, context, threads);
  }

  private static void engine(InetSocketAddress place, SSLContext context, ExecutorService threads) throws Exception {
    HttpsServer server = HttpsServer.create(place, BACKLOG);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.setExecutor(threads);
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(204, -1);
      exchange.close();
    });
    server.start();
  }

  private static void socket(InetSocketAddress place, SSLContext context, ExecutorService threads) throws Exception {
    SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
    server.bind(place, BACKLOG);
    for (;;) {
      SSLSocket socket = (SSLSocket) server.accept();
      threads.execute(() -> {
        try (socket; InputStream in = socket.getInputStream()) {
          in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (Exception fault) {
          // What the client sends is its own business.
        }
      });
    }
  }

  private static class ByName extends X509ExtendedKeyManager {
    private final Map<String, KeyStore> stores = new HashMap<>();
    private final String name;

    ByName(String folder, String name) throws Exception {
      this.name = name;
      for (String alias : new String[] {"named", "other"}) {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(folder + "/" + alias + ".p12")) {
          store.load(file, PASSWORD);
        }
        stores.put(alias, store);
      }
    }

    private String only(String alias) throws Exception {
      return stores.get(alias).aliases().nextElement();
    }

    private String choose(String keyType, SSLSession session) {
      if (!keyType.equals("EC")) return null;
      for (SNIServerName asked : ((ExtendedSSLSession) session).getRequestedServerNames())
        if (asked.getType() == StandardConstants.SNI_HOST_NAME
            && new String(asked.getEncoded(), StandardCharsets.ISO_8859_1).equalsIgnoreCase(name))
          return "named";
      return "other";
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return choose(keyType, ((SSLSocket) socket).getHandshakeSession());
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
      return choose(keyType, engine.getHandshakeSession());
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      try {
        return new X509Certificate[] {(X509Certificate) stores.get(alias).getCertificate(only(alias))};
      } catch (Exception fault) {
        throw new IllegalStateException(fault);
      }
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      try {
        return (PrivateKey) stores.get(alias).getKey(only(alias), PASSWORD);
      } catch (Exception fault) {
        throw new IllegalStateException(fault);
      }
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return stores.keySet().toArray(new String[0]);
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return null;
    }

    @Override
    public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
      return null;
    }
  }
}
