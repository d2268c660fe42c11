package android.app.role;

public class RoleManager {
    public boolean isRoleHeld(String role) {
        return role.equals("android.app.role.ASSISTANT") && stub.World.is("assistant", false);
    }
}
