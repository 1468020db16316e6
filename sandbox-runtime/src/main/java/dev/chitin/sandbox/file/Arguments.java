package dev.chitin.sandbox.file;

import dev.chitin.bus.json.JsonValue;

/** Reads arguments whose types the schema has checked, within this backend's own bounds. */
record Arguments(JsonValue.Obj input) {

  String text(String name) throws OperationFailed {
    if (input.get(name) instanceof JsonValue.Str string) {
      return string.value();
    }
    throw OperationFailed.because("The argument " + name + " is missing or no text.");
  }

  String text(String name, String absent) throws OperationFailed {
    return input.get(name) == null ? absent : text(name);
  }

  boolean flag(String name) throws OperationFailed {
    return switch (input.get(name)) {
      case null -> false;
      case JsonValue.Bool bool -> bool.value();
      default -> throw OperationFailed.because("The argument " + name + " is not true or false.");
    };
  }

  long number(String name, long absent, long least, long most) throws OperationFailed {
    JsonValue value = input.get(name);
    if (value == null) {
      return absent;
    }
    if (value instanceof JsonValue.Int number
        && number.value() >= least
        && number.value() <= most) {
      return number.value();
    }
    throw OperationFailed.because(
        "The argument " + name + " is not a whole number from " + least + " to " + most + ".");
  }
}
