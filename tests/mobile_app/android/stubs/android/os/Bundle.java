package android.os;

import java.util.HashMap;
import java.util.Map;

public class Bundle {
    final Map<String, Object> values = new HashMap<>();

    public String getString(String key) {
        return (String) values.get(key);
    }

    public int getInt(String key) {
        return values.containsKey(key) ? (Integer) values.get(key) : 0;
    }

    public void put(String key, Object value) {
        values.put(key, value);
    }

    public Object get(String key) {
        return values.get(key);
    }
}
