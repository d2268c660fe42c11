package android.content.res;

import android.util.DisplayMetrics;

import java.util.ArrayList;
import java.util.List;

/** Every name exists, and its text is itself. */
public class Resources {
    private static final List<String> names = new ArrayList<>();

    public int getIdentifier(String name, String kind, String in) {
        String full = kind + "/" + name;
        if (!names.contains(full)) {
            names.add(full);
        }
        return names.indexOf(full) + 1000;
    }

    public static String text(int id) {
        return "@" + names.get(id - 1000);
    }

    public DisplayMetrics getDisplayMetrics() {
        return new DisplayMetrics();
    }
}
