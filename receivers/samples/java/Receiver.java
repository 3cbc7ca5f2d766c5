// Receives webhooks from Kayle: verifies, decrypts, and handles each event once. Java 17 or later, standard
// library only. Start it with `java Receiver.java`, in a folder with private.pem and signing-secret.txt.

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

public class Receiver {
  static final Path SIGNING_SECRET = Path.of("signing-secret.txt");
  static final int TOLERANCE_S = 300;
  static final int BODY_BYTES_MAX = 4 * 1024 * 1024;

  /**
   * SHA-256 for MGF1 as well. The cipher string "RSA/ECB/OAEPWithSHA-256AndMGF1Padding" alone keeps SHA-1 there, and
   * opens nothing that Kayle sends.
   */
  static final OAEPParameterSpec OAEP =
      new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

  static final Pattern VISIBLE = Pattern.compile("[!-~]+");
  static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");
  static final Pattern TAG = Pattern.compile("[0-9a-f]{64}");
  static final Pattern HEADER = Pattern.compile("\"(alg|enc|zip|crit)\"\\s*:\\s*(\"[^\"]*\"|[^,}]*)");
  static final Pattern EVENT_ID = Pattern.compile("\"event_id\"\\s*:\\s*\"([A-Za-z0-9_]+)\"");

  static final Set<String> handled = new HashSet<>();
  static List<PrivateKey> privateKeys;

  /** The request is not one to believe. */
  static class Refused extends Exception {
    Refused(String why) {
      super(why);
    }
  }

  /** Checks who signed these bytes, and when. */
  static void verify(List<String> headers, byte[] body) throws Exception {
    String seconds = null;
    String tag = null;
    if (headers == null || headers.size() != 1 || !VISIBLE.matcher(headers.get(0)).matches()) {
      throw new Refused("the signature header is missing or malformed");
    }
    for (String element : headers.get(0).split(",", -1)) {
      String[] field = element.split("=", 2);
      boolean repeated = field[0].equals("t") ? seconds != null : field[0].equals("v1") && tag != null;
      if (field.length != 2 || repeated) throw new Refused("the signature header is malformed");
      if (field[0].equals("t")) seconds = field[1];
      if (field[0].equals("v1")) tag = field[1];
    }
    if (seconds == null || tag == null || !SECONDS.matcher(seconds).matches() || !TAG.matcher(tag).matches()) {
      throw new Refused("the signature header is malformed");
    }
    String secret = Files.readString(SIGNING_SECRET).trim();
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    mac.update((seconds + ".").getBytes(StandardCharsets.US_ASCII));
    if (!MessageDigest.isEqual(mac.doFinal(body), HexFormat.of().parseHex(tag))) {
      throw new Refused("the signature does not match");
    }
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(seconds)) > TOLERANCE_S) {
      throw new Refused("the signature is too old or too new");
    }
  }

  /** Gives the event's JSON, with whichever key fits. */
  static String decrypt(byte[] body) throws Refused {
    String[] parts = new String(body, StandardCharsets.US_ASCII).split("\\.", -1);
    if (parts.length != 5) throw new Refused("the body is no compact JWE");
    Base64.Decoder base64 = Base64.getUrlDecoder();
    checkHeader(new String(base64.decode(parts[0]), StandardCharsets.UTF_8));
    for (PrivateKey key : privateKeys) {
      try {
        Cipher rsa = Cipher.getInstance("RSA/ECB/OAEPPadding");
        rsa.init(Cipher.DECRYPT_MODE, key, OAEP);
        byte[] contentKey = rsa.doFinal(base64.decode(parts[1]));
        Cipher aes = Cipher.getInstance("AES/GCM/NoPadding");
        GCMParameterSpec iv = new GCMParameterSpec(128, base64.decode(parts[2]));
        aes.init(Cipher.DECRYPT_MODE, new SecretKeySpec(contentKey, "AES"), iv);
        aes.updateAAD(parts[0].getBytes(StandardCharsets.US_ASCII));
        byte[] content = base64.decode(parts[3]);
        byte[] tag = base64.decode(parts[4]);
        byte[] sealed = Arrays.copyOf(content, content.length + tag.length);
        System.arraycopy(tag, 0, sealed, content.length, tag.length);
        return new String(aes.doFinal(sealed), StandardCharsets.UTF_8);
      } catch (GeneralSecurityException | IllegalArgumentException notThisKey) {
        // The next one may fit.
      }
    }
    throw new Refused("no private key fits");
  }

  /** The one kind of JWE that Kayle sends. */
  static void checkHeader(String header) throws Refused {
    int supported = 0;
    for (Matcher member = HEADER.matcher(header); member.find(); ) {
      String text = member.group(1) + "=" + member.group(2);
      if (!text.equals("alg=\"RSA-OAEP-256\"") && !text.equals("enc=\"A256GCM\"")) {
        throw new Refused("the JWE is of another kind");
      }
      supported++;
    }
    if (supported != 2) throw new Refused("the JWE is of another kind");
  }

  /** Your code goes here: parse the event with the JSON library that you have. */
  static void handle(String event) {
    System.out.println(event);
  }

  static synchronized void receive(HttpExchange exchange) throws Exception {
    byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
    if (body.length > BODY_BYTES_MAX) throw new Refused("the body is too long");
    verify(exchange.getRequestHeaders().get("X-Kayle-Signature"), body);
    String event = decrypt(body);
    Matcher id = EVENT_ID.matcher(event);
    if (!id.find()) throw new Refused("the event has no id");
    if (!handled.contains(id.group(1))) {
      handle(event);
      handled.add(id.group(1));
    }
  }

  static void answer(HttpExchange exchange) throws IOException {
    int status = 204;
    try {
      receive(exchange);
    } catch (Refused refused) {
      System.err.println("refused: " + refused.getMessage());
      status = 400;
    } catch (Exception fault) {
      System.err.println("failed: " + fault.getClass().getSimpleName());
      status = 500;
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  static PrivateKey readKey(String file) throws Exception {
    String pem = Files.readString(Path.of(file));
    String base64 = pem.replaceAll("-----[A-Z ]+-----|\\s", "");
    byte[] der = Base64.getDecoder().decode(base64);
    return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  public static void main(String[] arguments) throws Exception {
    privateKeys = List.of(readKey("private.pem"));
    String port = System.getenv().getOrDefault("PORT", "9000");
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(port));
    HttpServer server = HttpServer.create(address, 0);
    server.createContext("/", Receiver::answer);
    server.start();
    System.out.println("listening on 127.0.0.1:" + server.getAddress().getPort());
  }
}
