package android.content;

public final class ComponentName {
    private final String of;
    private final String name;

    public ComponentName(String of, String name) {
        this.of = of;
        this.name = name;
    }

    public String getClassName() {
        return name;
    }

    @Override
    public String toString() {
        return of + "/" + name;
    }
}
