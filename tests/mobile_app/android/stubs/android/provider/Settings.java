package android.provider;

import android.content.ContentResolver;

public class Settings {
    public static class Global {
        public static int getInt(ContentResolver from, String name, int otherwise) {
            return stub.World.number(name, otherwise);
        }
    }
}
