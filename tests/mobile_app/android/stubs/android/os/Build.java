package android.os;

public class Build {
    public static class VERSION {
        public static int SDK_INT = 36; // not final: tests choose
    }

    public static class VERSION_CODES {
        public static final int O = 26;
        public static final int Q = 29;
        public static final int R = 30;
        public static final int UPSIDE_DOWN_CAKE = 34;
    }
}
