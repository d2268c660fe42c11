package stub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The phone that the stubs are parts of: what a test sets beforehand, and what was asked of it. */
public class World {
    public static final Set<String> permissions = Collections.synchronizedSet(new HashSet<>());
    public static final Set<String> missing = Collections.synchronizedSet(new HashSet<>());
    public static final Map<String, Object> facts = Collections.synchronizedMap(new HashMap<>());
    private static final List<String> said = Collections.synchronizedList(new ArrayList<>());

    public static void say(String line) {
        said.add(line);
    }

    /** What was said since the last time, line by line. */
    public static String[] hear() {
        synchronized (said) {
            String[] all = said.toArray(new String[0]);
            said.clear();
            return all;
        }
    }

    public static void grant(String permission) {
        permissions.add("android.permission." + permission);
    }

    public static void deny(String permission) {
        permissions.remove("android.permission." + permission);
    }

    public static boolean has(String permission) {
        return permissions.contains("android.permission." + permission);
    }

    public static void need(String permission) {
        if (!has(permission)) {
            throw new SecurityException(permission);
        }
    }

    public static void set(String name, Object value) {
        facts.put(name, value);
    }

    public static int number(String name, int otherwise) {
        Object found = facts.get(name);
        return found instanceof Number ? ((Number) found).intValue() : otherwise;
    }

    public static boolean is(String name, boolean otherwise) {
        Object found = facts.get(name);
        return found instanceof Boolean ? (Boolean) found : found instanceof Number ? ((Number) found).intValue() != 0 : otherwise;
    }
}
