package dev.chitin.audit;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Arr;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * What OCSF 1.8.0 says of the classes and objects that the export uses: which attributes there are,
 * their types, which are required, and the values of those that are enumerated. An attribute is
 * written {@code name:type}, with {@code !} when it is required; {@code [type]} is an array;
 * numbers in braces are the values that there are, and 99 for another one.
 */
final class OcsfSchema {
  private static final Pattern HOSTNAME =
      Pattern.compile(
          "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])\\.)*"
              + "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])");

  private static final Pattern SPACES = Pattern.compile(" +");

  private static final String BASE =
      "activity_name:string category_name:string category_uid:int! class_name:string class_uid:int!"
          + " message:string metadata:metadata! severity:string severity_id:int{0-6}! status:string"
          + " status_code:string status_detail:string time:long! type_uid:long! unmapped:any ";

  private static final String ACTIVITY = BASE + "status_id:int{0-2} ";
  private static final String FINDING =
      BASE + "status_id:int{0-6} finding_info:finding_info! resources:[resource] ";

  /** Of the network category, beyond its own. */
  private static final String NETWORK =
      "src_endpoint:endpoint dst_endpoint:endpoint http_request:http_request"
          + " http_response:http_response ";

  private static final Map<Long, String> CLASSES =
      Map.ofEntries(
          Map.entry(
              1007L,
              ACTIVITY
                  + "activity_id:int{0-5}! actor:actor! device:device! process:process!"
                  + " exit_code:int"),
          Map.entry(2003L, FINDING + "activity_id:int{0-3}! compliance:compliance!"),
          Map.entry(2004L, FINDING + "activity_id:int{0-3}! evidences:any"),
          Map.entry(
              3001L,
              ACTIVITY + "activity_id:int{0-11}! actor:actor user:user! src_endpoint:endpoint"),
          Map.entry(
              3002L,
              ACTIVITY
                  + "activity_id:int{0-5}! actor:actor user:user! service:service session:session"
                  + " src_endpoint:endpoint dst_endpoint:endpoint"),
          Map.entry(3004L, ACTIVITY + "activity_id:int{0-13}! actor:actor entity:entity!"),
          Map.entry(4002L, ACTIVITY + "activity_id:int{0-9}! " + NETWORK),
          Map.entry(5019L, ACTIVITY + "activity_id:int{0-2}! actor:actor device:device!"),
          Map.entry(6002L, ACTIVITY + "activity_id:int{0-8}! app:product!"),
          Map.entry(
              6003L,
              ACTIVITY
                  + "activity_id:int{0-4}! actor:actor! api:api! src_endpoint:endpoint!"
                  + " resources:[resource]"),
          Map.entry(
              6005L,
              ACTIVITY
                  + "activity_id:int{0-10}! actor:actor! src_endpoint:endpoint! database:database"
                  + " type_id:int{0-3}"));

  private static final Map<String, String> OBJECTS =
      Map.ofEntries(
          Map.entry(
              "metadata",
              "version:string! product:product! uid:string sequence:int event_code:string"
                  + " correlation_uid:string tenant_uid:string log_name:string profiles:[string]"),
          Map.entry("product", "name:string! vendor_name:string version:string uid:string"),
          Map.entry("actor", "app_name:string user:user session:session process:process"),
          Map.entry("user", "uid:string name:string"),
          Map.entry("session", "uid:string"),
          Map.entry("device", "name:string hostname:hostname uid:string type_id:int{0-15}!"),
          Map.entry(
              "endpoint",
              "name:string hostname:hostname uid:string port:port type_id:int{0-15} ip:string"),
          Map.entry("process", "name:string uid:string"),
          Map.entry("finding_info", "title:string! uid:string! types:[string]"),
          Map.entry("compliance", "control:string standards:[string]! status_id:int{0-3}"),
          Map.entry("resource", "name:string uid:string type:string"),
          Map.entry("service", "name:string uid:string version:string"),
          Map.entry("entity", "name:string uid:string type:string version:string"),
          Map.entry("http_request", "http_method:string url:url length:int"),
          Map.entry("http_response", "code:int! length:int"),
          Map.entry("url", "path:string hostname:hostname scheme:string port:port"),
          Map.entry("api", "operation:string! version:string"),
          Map.entry("database", "name:string uid:string type_id:int{0-7}!"));

  /** Of each of these one has to be there. */
  private static final Map<String, List<String>> ONE_OF =
      Map.of(
          "product", List.of("name", "uid"),
          "actor", List.of("process", "user", "session", "app_name"),
          "user", List.of("name", "uid"),
          "endpoint", List.of("ip", "uid", "name", "hostname"),
          "process", List.of("name", "uid"),
          "entity", List.of("name", "uid"),
          "service", List.of("name", "uid"),
          "3002", List.of("service", "dst_endpoint"),
          "4002", List.of("http_request", "http_response"),
          "6005", List.of("database"));

  private final List<String> faults = new ArrayList<>();

  private OcsfSchema() {}

  /** What is wrong with {@code event}; nothing when it is an event of its class. */
  static List<String> faults(Obj event) {
    var schema = new OcsfSchema();
    long classUid = number(event, "class_uid");
    String form = CLASSES.get(classUid);
    if (form == null) {
      return List.of("there is no class " + classUid);
    }
    schema.object(event, form, Long.toString(classUid), "");
    long activity = number(event, "activity_id");
    if (number(event, "type_uid") != classUid * 100 + activity) {
      schema.faults.add("type_uid is not that of class and activity");
    }
    if (number(event, "category_uid") != classUid / 1_000) {
      schema.faults.add("category_uid is not that of the class");
    }
    if (activity == 99 && event.get("activity_name") == null) {
      schema.faults.add("another activity has no name");
    }
    return schema.faults;
  }

  private static long number(Obj object, String name) {
    return object.get(name) instanceof Int number ? number.value() : -1;
  }

  private void object(Obj object, String form, String name, String path) {
    List<String> known = new ArrayList<>();
    for (String attribute : SPACES.splitAsStream(form.strip()).toList()) {
      String member = attribute.substring(0, attribute.indexOf(':'));
      known.add(member);
      JsonValue value = object.get(member);
      if (value == null && attribute.endsWith("!")) {
        faults.add(path + member + " is required");
      }
      if (value != null) {
        value(value, attribute.substring(member.length() + 1).replace("!", ""), path + member);
      }
    }
    for (String member : object.members().keySet()) {
      if (!known.contains(member)) {
        faults.add(path + member + " is not known here");
      }
    }
    List<String> one = ONE_OF.getOrDefault(name, List.of());
    if (!one.isEmpty() && one.stream().noneMatch(member -> object.get(member) != null)) {
      faults.add(path + " has none of " + one);
    }
  }

  private void value(JsonValue value, String type, String path) {
    if (type.startsWith("[")) {
      if (value instanceof Arr array) {
        array.items().forEach(item -> value(item, type.substring(1, type.length() - 1), path));
      } else {
        faults.add(path + " is no array");
      }
      return;
    }
    int brace = type.indexOf('{');
    boolean sound =
        switch (brace < 0 ? type : type.substring(0, brace)) {
          case "any" -> true;
          case "string" -> value instanceof Str;
          case "hostname" -> value instanceof Str text && HOSTNAME.matcher(text.value()).matches();
          case "port" -> value instanceof Int port && port.value() >= 0 && port.value() <= 65_535;
          case "long" -> value instanceof Int;
          case "int" ->
              value instanceof Int number
                  && number.value() == (int) number.value()
                  && (brace < 0 || isOneOf(number.value(), type.substring(brace)));
          default -> {
            if (value instanceof Obj object) {
              object(object, Objects.requireNonNull(OBJECTS.get(type), type), type, path + ".");
            }
            yield value instanceof Obj;
          }
        };
    if (!sound) {
      faults.add(path + " is no " + type + ": " + value);
    }
  }

  private static boolean isOneOf(long value, String range) {
    int dash = range.indexOf('-');
    long first = Long.parseLong(range.substring(1, dash));
    long last = Long.parseLong(range.substring(dash + 1, range.length() - 1));
    return LongStream.concat(LongStream.rangeClosed(first, last), LongStream.of(99))
        .anyMatch(one -> one == value);
  }
}
