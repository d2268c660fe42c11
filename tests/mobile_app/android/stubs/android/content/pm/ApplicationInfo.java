package android.content.pm;

public class ApplicationInfo {
    public int icon = 77;
    public String nativeLibraryDir = "lib";
}
