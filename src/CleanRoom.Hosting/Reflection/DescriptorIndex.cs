using Google.Protobuf.Reflection;

namespace CleanRoom.Hosting.Reflection;

/// <summary>Finds descriptors of some services, and of all that their files import, by file name and by full name.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);

    public DescriptorIndex(IEnumerable<ServiceDescriptor> services)
    {
        foreach (var file in services.SelectMany(service => WithImports(service.File)))
        {
            if (_files.TryAdd(file.Name, file))
            {
                AddSymbols(file);
            }
        }
    }

    /// <summary>A file and everything it imports, itself first.</summary>
    public static IReadOnlyList<FileDescriptor> WithImports(FileDescriptor file)
    {
        var found = new List<FileDescriptor> { file };
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].Dependencies.Where(import => !found.Contains(import)).ToList());
        }

        return found;
    }

    public FileDescriptor? FindFile(string name) => _files.GetValueOrDefault(name);

    public FileDescriptor? FindSymbol(string fullName) => _symbols.GetValueOrDefault(fullName);

    private void AddSymbols(FileDescriptor file)
    {
        foreach (var service in file.Services)
        {
            Add(service);
            foreach (var method in service.Methods)
            {
                Add(method);
            }
        }

        foreach (var type in file.MessageTypes)
        {
            AddMessage(type);
        }

        foreach (var type in file.EnumTypes)
        {
            Add(type);
        }
    }

    private void AddMessage(MessageDescriptor message)
    {
        Add(message);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            Add(field);
        }

        foreach (var type in message.EnumTypes)
        {
            Add(type);
        }

        foreach (var type in message.NestedTypes)
        {
            AddMessage(type);
        }
    }

    private void Add(IDescriptor descriptor) => _symbols[descriptor.FullName] = descriptor.File;
}
