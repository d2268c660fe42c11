package android.view;

import android.graphics.Insets;

public final class WindowInsets {
    public Insets getInsets(int types) {
        return types == 7 + 128 ? new Insets(63, 126) : new Insets(0, 0);
    }

    public static final class Type {
        public static int systemBars() {
            return 7;
        }

        public static int displayCutout() {
            return 128;
        }
    }
}
