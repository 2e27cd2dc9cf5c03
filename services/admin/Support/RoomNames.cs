namespace CleanRoom.Admin.Support;

/// <summary>Made-up names for rooms, the same all through one bundle. Which is which is told to the operator and not written down.</summary>
internal sealed class RoomNames
{
    private readonly Dictionary<Guid, string> _names = [];

    public IReadOnlyDictionary<Guid, string> Given => _names;

    public string Of(Guid room)
    {
        if (!_names.TryGetValue(room, out var name))
        {
            name = $"room-{_names.Count + 1}";
            _names.Add(room, name);
        }

        return name;
    }
}
