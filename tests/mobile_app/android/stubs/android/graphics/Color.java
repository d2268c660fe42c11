package android.graphics;

public class Color {
    public static final int BLUE = 0xFF0000FF;
}
