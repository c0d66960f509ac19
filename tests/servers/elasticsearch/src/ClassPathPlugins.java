package org.elasticsearch.plugins; // LoadedPlugin is for this package alone

import java.util.List;
import java.util.stream.Stream;
import org.elasticsearch.action.admin.cluster.node.info.PluginsAndModules;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Versioned;

/** Plugins from the class path, instead of from the folders modules/ and plugins/, which a distribution would have. */
public final class ClassPathPlugins extends PluginsService {
    private final List<LoadedPlugin> loaded;

    public ClassPathPlugins(Environment environment, PluginsLoader loader, Plugin... plugins) {
        super(environment.settings(), environment.configDir(), loader);
        loaded = Stream.of(plugins)
            .map(plugin -> new LoadedPlugin(Versioned.descriptor(plugin.getClass().getName()), plugin, getClass().getClassLoader()))
            .toList();
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded == null ? List.of() : loaded; // the constructor of PluginsService asks, too
    }

    @Override
    public PluginsAndModules info() {
        return new PluginsAndModules(List.of(), List.of());
    }
}
