package dev.chitin.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The short way of a schema's check says yes where the long way does, and never elsewhere. */
class PlainSchemaTest {
  private static final List<String> NAMES = List.of("a", "b", "text", "\u00e9", "");
  private static final List<String> TEXTS =
      List.of("", "a", "ab", "\ud83d\ude00", "\ud83d\ude00b", "0123456789", "true");
  private static final long[] NUMBERS = {-3, -1, 0, 1, 2, 7, JsonValue.Int.MAX};

  private final Random random = new Random(20_261_126);

  private static JsonValue json(String text) {
    try {
      return StrictJson.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (JsonSyntaxException e) {
      throw new AssertionError(text, e);
    }
  }

  private static PlainSchema plain(String schema) {
    return PlainSchema.of(json(schema)).orElseThrow(() -> new AssertionError("not plain"));
  }

  private static boolean accepts(InputSchema schema, JsonValue.Obj arguments) {
    try {
      schema.check(arguments);
      return true;
    } catch (ChitinException refused) {
      return false;
    }
  }

  private int below(int bound) {
    return random.nextInt(bound);
  }

  private <T> T one(List<T> of) {
    return of.get(below(of.size()));
  }

  private long number() {
    return NUMBERS[below(NUMBERS.length)];
  }

  private JsonValue.Obj schema(int depth) {
    JsonValue.Builder schema = JsonValue.object();
    switch (below(depth > 2 ? 5 : 7)) {
      case 0 -> schema.put("type", "boolean");
      case 1 -> schema.put("type", "null");
      case 2 -> bounds(schema.put("type", below(2) == 0 ? "integer" : "number"));
      case 3 -> sizes(schema.put("type", "string"), "minLength", "maxLength");
      case 4 -> schema.put("type", "string").put("enum", List.of(one(TEXTS), "z" + one(TEXTS)));
      case 5 ->
          sizes(
              schema.put("type", "array").put("items", schema(depth + 1)), "minItems", "maxItems");
      default -> {
        return object(depth);
      }
    }
    return schema.put("description", "some").build();
  }

  private JsonValue.Obj object(int depth) {
    JsonValue.Builder properties = JsonValue.object();
    List<String> required = new ArrayList<>();
    for (String name : NAMES) {
      if (below(2) == 0) {
        properties.put(name, schema(depth + 1));
      }
      if (below(5) == 0) {
        required.add(name);
      }
    }
    JsonValue.Builder schema =
        JsonValue.object().put("type", "object").put("properties", properties.build());
    if (below(3) > 0) {
      schema.put("required", required);
    }
    if (below(3) > 0) {
      schema.put("additionalProperties", below(2) == 0);
    }
    return schema.build();
  }

  private void bounds(JsonValue.Builder schema) {
    if (below(2) == 0) {
      schema.put("minimum", number());
    }
    if (below(2) == 0) {
      schema.put("maximum", number());
    }
  }

  private void sizes(JsonValue.Builder schema, String least, String most) {
    if (below(2) == 0) {
      schema.put(least, below(3));
    }
    if (below(2) == 0) {
      schema.put(most, below(4));
    }
  }

  /** Mostly what {@code schema} asks for, or else it would rarely be valid. */
  private JsonValue value(JsonValue.Obj schema, int depth) {
    String type = schema.get("type") instanceof JsonValue.Str text ? text.value() : "";
    return switch (below(12) == 0 ? one(List.of("null", "integer", "string", "real")) : type) {
      case "object" -> arguments(schema, depth);
      case "array" -> {
        List<JsonValue> items = new ArrayList<>();
        for (int i = below(4); i > 0; i--) {
          items.add(
              schema.get("items") instanceof JsonValue.Obj each
                  ? value(each, depth + 1)
                  : JsonValue.Null.VALUE);
        }
        yield new JsonValue.Arr(items);
      }
      case "string" ->
          new JsonValue.Str(
              schema.get("enum") instanceof JsonValue.Arr some && below(4) > 0
                  ? ((JsonValue.Str) one(some.items())).value()
                  : one(TEXTS));
      case "real" -> new JsonValue.Real(below(2) == 0 ? 1.0 : 1.5);
      case "boolean" -> new JsonValue.Bool(below(2) == 0);
      case "null" -> JsonValue.Null.VALUE;
      default -> new JsonValue.Int(number());
    };
  }

  private JsonValue.Obj arguments(JsonValue.Obj schema, int depth) {
    JsonValue.Builder object = JsonValue.object();
    for (String name : NAMES) {
      boolean named =
          schema.get("properties") instanceof JsonValue.Obj all
              && all.get(name) instanceof JsonValue.Obj property
              && put(object, name, property, depth);
      if (!named && below(8) == 0) {
        object.put(name, 7);
      }
    }
    return object.build();
  }

  private boolean put(JsonValue.Builder object, String name, JsonValue.Obj property, int depth) {
    if (below(5) > 0) {
      object.put(name, value(property, depth + 1));
    }
    return true;
  }

  @Test
  void itAnswersAsTheWholeSpecificationDoes() {
    int valid = 0;
    for (int i = 0; i < 2_000; i++) {
      JsonValue.Obj written = object(0);
      JsonValue.Obj longer = withMore(written);
      PlainSchema plain = PlainSchema.of(written).orElseThrow();
      InputSchema whole = InputSchema.compile("t", longer);
      assertThat(PlainSchema.of(longer)).isEmpty();
      for (int k = 0; k < 10; k++) {
        JsonValue.Obj arguments = arguments(written, 0);
        boolean isValid = accepts(whole, arguments);
        String what = CanonicalJson.string(written) + " of " + CanonicalJson.string(arguments);
        if (!hasReal(arguments)) {
          assertThat(plain.fits(arguments)).as(what).isEqualTo(isValid);
        }
        if (plain.fits(arguments)) {
          assertThat(isValid).as(what).isTrue();
          valid++;
        }
        assertThat(accepts(InputSchema.compile("t", written), arguments))
            .as(what)
            .isEqualTo(isValid);
      }
    }
    assertThat(valid).isGreaterThan(1_000);
  }

  /** The same schema with a keyword that changes nothing, for which the validator is asked. */
  private static JsonValue.Obj withMore(JsonValue.Obj schema) {
    JsonValue.Builder longer = JsonValue.object();
    schema.members().forEach(longer::put);
    JsonValue nothing = JsonValue.object().put("type", "object").build();
    return longer.put("allOf", new JsonValue.Arr(List.of(nothing))).build();
  }

  private static boolean hasReal(JsonValue value) {
    return switch (value) {
      case JsonValue.Real real -> true;
      case JsonValue.Arr array -> array.items().stream().anyMatch(PlainSchemaTest::hasReal);
      case JsonValue.Obj object ->
          object.members().values().stream().anyMatch(PlainSchemaTest::hasReal);
      default -> false;
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "{}",
        "{'type':['string','null']}",
        "{'type':'STRING'}",
        "{'type':'text'}",
        "{'type':'string','pattern':'a'}",
        "{'type':'string','format':'email'}",
        "{'type':'string','enum':['a',1]}",
        "{'type':'string','enum':'a'}",
        "{'type':'string','maxLength':1.5}",
        "{'type':'string','maximum':1}",
        "{'type':'integer','minimum':0.5}",
        "{'type':'integer','exclusiveMinimum':0}",
        "{'type':'integer','multipleOf':2}",
        "{'type':'integer','enum':[1]}",
        "{'type':'integer','const':1}",
        "{'type':'array','prefixItems':[{'type':'string'}]}",
        "{'type':'array','items':false}",
        "{'type':'array','uniqueItems':true}",
        "{'type':'object','properties':{'a':{'$ref':'#'}}}",
        "{'type':'object','properties':{'a':true}}",
        "{'type':'object','properties':[]}",
        "{'type':'object','required':'a'}",
        "{'type':'object','required':['a',1]}",
        "{'type':'object','additionalProperties':{'type':'string'}}",
        "{'type':'object','patternProperties':{'a':{'type':'string'}}}",
        "{'type':'object','minProperties':1}",
        "{'type':'object','if':{'type':'object'}}",
        "{'type':'object','$ref':'#'}",
        "{'type':'object','$defs':{}}"
      })
  void whatItDoesNotKnowIsNotPlain(String schema) {
    assertThat(PlainSchema.of(json(schema.replace('\'', '"')))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'string','maxLength':2} | 'ab' | true",
        "{'type':'string','maxLength':2} | 'abc' | false",
        "{'type':'string','minLength':2} | '\ud83d\ude00' | false",
        "{'type':'string','enum':['a','b']} | 'b' | true",
        "{'type':'string','enum':['a','b']} | 'B' | false",
        "{'type':'integer','minimum':1} | 1 | true",
        "{'type':'integer','minimum':1} | 0 | false",
        "{'type':'integer','maximum':1} | 2 | false",
        "{'type':'integer'} | 1.5 | false",
        "{'type':'integer'} | '1' | false",
        "{'type':'boolean'} | 0 | false",
        "{'type':'null'} | null | true",
        "{'type':'array','items':{'type':'null'},'maxItems':1} | [null] | true",
        "{'type':'array','items':{'type':'null'}} | [null,1] | false",
        "{'type':'array','minItems':1} | [] | false",
        "{'type':'object','required':['a']} | {} | false",
        "{'type':'object','properties':{'a':{'type':'null'}}} | {'a':1} | false",
        "{'type':'object','properties':{},'additionalProperties':false} | {'a':1} | false",
        "{'type':'object'} | {'a':1} | true",
        "{'type':'object'} | [] | false"
      })
  void whatFits(String schema, String value, boolean fits) {
    assertThat(plain(schema.replace('\'', '"')).fits(json(value.replace('\'', '"'))))
        .isEqualTo(fits);
  }
}
