// What Java's own HttpServer serves by host; prints name and port as JSON. Run from its source.
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Executors;

public class Hosts {
  static String routed(String path) {
    if (path.equals("/page") || path.equals("/deep/er/page")) return "listed page";
    if (path.startsWith("/dir/fine/")) return "allowed";
    return path.startsWith("/dir/") ? "listed directory" : "neighbour";
  }

  static String served(String host, String path) {
    String name = host == null ? "" : host.toLowerCase(Locale.ROOT).replaceFirst(":.*", "").replaceFirst("[.]$", "");
    if (name.equals("listed.localhost")) return "listed page";
    return name.equals("paths.localhost") ? routed(path) : "neighbour";
  }

  public static void main(String[] arguments) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 128);
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.createContext("/", exchange -> {
      String path = exchange.getRequestURI().getPath();
      String served = served(exchange.getRequestHeaders().getFirst("Host"), path == null ? "" : path);
      byte[] body = ("served: " + served + ".\n").getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    System.out.println("{\"java-hosts\":" + server.getAddress().getPort() + "}");
  }
}
