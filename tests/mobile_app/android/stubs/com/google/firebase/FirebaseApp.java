package com.google.firebase;

import android.content.Context;

public class FirebaseApp {
    private static FirebaseApp app = null;

    /** Null when the build has no Firebase project. */
    public static FirebaseApp initializeApp(Context context) {
        app = stub.World.is("firebase", true) ? new FirebaseApp() : null;
        return app;
    }

    public static boolean isThere() {
        return app != null;
    }
}
