package org.json;

import java.util.Map;

public class JSONObject {
    private final Map<?, ?> values;

    public JSONObject(Map<?, ?> values) {
        this.values = values;
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("{");
        for (Map.Entry<?, ?> each : values.entrySet()) {
            out.append(out.length() > 1 ? "," : "").append(quote(each.getKey())).append(":")
                    .append(quote(each.getValue()));
        }
        return out.append("}").toString();
    }

    private static String quote(Object value) {
        return "\"" + String.valueOf(value).replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
